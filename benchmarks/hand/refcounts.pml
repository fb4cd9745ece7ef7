/* models/refcounts.py written by hand: what the exported Promela of that model is held against.
 * One proctype for all writers, positions as control flow, locals reset where they are dead.
 */
#define INODES 3
#ifndef WRITERS
#define WRITERS 4
#endif

bit dirty[INODES], sync[INODES], page_writeback[INODES], listed[INODES];
byte i_count[INODES], i_writecount[INODES];

active [WRITERS] proctype writer()
{
	byte i;

end_idle:
	if
	:: d_step { i_count[0]++; i = 0 }
	:: d_step { i_count[1]++; i = 1 }
	:: d_step { i_count[2]++; i = 2 }
	fi;
	if
	:: i_writecount[i]++
	:: d_step { i_count[i]--; i = 0 }; goto end_idle
	fi;
	listed[i] = 1;
	do
	:: dirty[i] = 1
	:: i_writecount[i]--; d_step { i_count[i]--; i = 0 }; goto end_idle
	od
}

active proctype flusher()
{
	byte i;

end_idle:
	if
	:: d_step { dirty[0] -> dirty[0] = 0; sync[0] = 1; i_count[0]++; i = 0 }
	:: d_step { dirty[1] -> dirty[1] = 0; sync[1] = 1; i_count[1]++; i = 1 }
	:: d_step { dirty[2] -> dirty[2] = 0; sync[2] = 1; i_count[2]++; i = 2 }
	fi;
	page_writeback[i] = 1;
	page_writeback[i] = 0;
	sync[i] = 0;
	d_step {
		if
		:: !i_writecount[i] && !dirty[i] -> listed[i] = 0
		:: else -> skip
		fi
	};
	d_step { i_count[i]--; i = 0 };
	goto end_idle
}
